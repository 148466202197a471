import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STATES = [("new", "New"), ("paid", "Paid")]


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.SHOP_PERSON_MODEL), ("crm", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.AutoField(primary_key=True)),
                ("word", models.SlugField()),
            ],
            options={"db_table": "labels"},
        ),
        migrations.CreateModel(
            name="SalesOrder",
            fields=[
                ("id", models.AutoField(primary_key=True)),
                ("number", models.CharField(max_length=40)),
                ("state", models.CharField(max_length=10, choices=STATES)),
                ("price", models.DecimalField(max_digits=8, decimal_places=2)),
                ("placed", models.DateTimeField(db_column="placed_on", null=True)),
                ("buyer", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.SHOP_PERSON_MODEL)),
                ("tags", models.ManyToManyField(to="orders.Tag")),
                ("follows", models.ForeignKey("self", null=True, on_delete=models.SET_NULL)),
            ],
            options={"unique_together": {("number", "buyer")}},
        ),
    ]
