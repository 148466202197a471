class Migration(migrations.Migration:
    pass
