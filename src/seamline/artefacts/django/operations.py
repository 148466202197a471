"""Django's operations by their names: what each does to the models, and the steps that follow for tables."""

from seamline.artefacts.django.on_fields import add_field, alter_field, remove_field, rename_field
from seamline.artefacts.django.on_keys import add_constraint, alter_together, remove_constraint
from seamline.artefacts.django.on_models import (
    alter_options,
    alter_table,
    create_model,
    delete_model,
    order_with,
    rename_model,
)
from seamline.artefacts.django.work import Handler

HANDLERS: dict[str, Handler] = {
    "CreateModel": create_model, "DeleteModel": delete_model, "RenameModel": rename_model,
    "AlterModelTable": alter_table, "AlterModelOptions": alter_options, "AddField": add_field,
    "RemoveField": remove_field, "RenameField": rename_field, "AlterField": alter_field,
    "AlterUniqueTogether": alter_together, "AddConstraint": add_constraint, "AddIndex": add_constraint,
    "AddIndexConcurrently": add_constraint, "AddConstraintNotValid": add_constraint,
    "RemoveConstraint": remove_constraint, "RemoveIndex": remove_constraint,
    "RemoveIndexConcurrently": remove_constraint, "AlterOrderWithRespectTo": order_with,
}  # fmt: skip
HARMLESS = frozenset(
    "AlterIndexTogether RenameIndex AlterModelManagers AlterModelTableComment ValidateConstraint CreateExtension "
    "BloomExtension BtreeGinExtension BtreeGistExtension CITextExtension CryptoExtension HStoreExtension "
    "TrigramExtension UnaccentExtension CreateCollation RemoveCollation VectorExtension AlterConstraint".split()
)
