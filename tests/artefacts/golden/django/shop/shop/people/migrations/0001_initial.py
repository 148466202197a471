from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254, unique=True)),
            ],
            options={"swappable": "SHOP_PERSON_MODEL"},
        ),
        migrations.CreateModel(
            name="Staff",
            fields=[("badge", models.CharField(max_length=12))],
            bases=("crm.person",),
        ),
        migrations.CreateModel(name="Boss", fields=[], options={"proxy": True}, bases=("crm.staff",)),
        migrations.CreateModel(
            name="Legacy", fields=[("code", models.TextField(primary_key=True))], options={"managed": False}
        ),
    ]
