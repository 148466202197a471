"""Rules over what a Terraform plan will do."""
