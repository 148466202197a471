"""The platform: keeps pods of three Deployments running, balances requests over them, releases and scales them."""
