from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("app", "0001_step"), ("app", "0002_step")]
    operations = [
        migrations.CreateModel("A", [("id", models.AutoField(primary_key=True)), ("b", models.IntegerField(null=True))])
    ]
