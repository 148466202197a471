from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("app", "0001_squashed_0002_step")]
    operations = [migrations.RemoveField("a", "b")]
