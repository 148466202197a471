from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("app", "0001_step")]
    operations = [migrations.AddField("a", "b", models.IntegerField(null=True))]
