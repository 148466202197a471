from django.db import migrations

from shop.tools import rebuild


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_change")]
    operations = [
        migrations.RemoveField(model_name="order", name="buyer"),
        migrations.RemoveField(model_name="order", name="tags"),
        migrations.AlterModelTable("tag", "order_labels"),
        migrations.RunPython(rebuild),
    ]
    operations += [migrations.DeleteModel("Order")]
