from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.CreateModel("A", [("id", models.AutoField(primary_key=True))])]
