from django.db import migrations, models
from django.db.models import Q


def fill(apps, schema_editor):
    order = apps.get_model("orders", "Order")
    person = apps.get_model("crm", "Person")
    for row in order.objects.all():
        row.price = row.price * person.objects.count()
        row.save()


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RenameModel(old_name="SalesOrder", new_name="Order"),
        migrations.RenameField("order", "placed", "placed_at"),
        migrations.RenameField("order", "number", "reference"),
        migrations.AddField("order", "note", models.TextField(blank=True)),
        migrations.AddField("order", "paid", models.BooleanField(db_default=False)),
        migrations.AddField("order", "watchers", models.ManyToManyField(to="crm.person", related_name="+")),
        migrations.AlterField("order", "reference", models.CharField(max_length=20, unique=True)),
        migrations.AlterField(
            "order", "state", models.CharField(max_length=10, choices=[("new", "New"), ("void", "Void")])
        ),
        migrations.AlterUniqueTogether("order", set()),
        migrations.AddConstraint("order", models.UniqueConstraint(fields=["buyer", "price"], name="once")),
        migrations.AddConstraint("order", models.CheckConstraint(check=Q(price__gte=0), name="positive")),
        migrations.RemoveConstraint("order", "once"),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("UPDATE orders_order SET note = ''", migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL("ALTER TABLE labels ADD COLUMN shade varchar(9)")],
            state_operations=[migrations.AddField("tag", "shade", models.CharField(max_length=9, null=True))],
        ),
    ]
