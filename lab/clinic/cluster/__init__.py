"""The platform: keeps pods of Deployments running, balances requests over them, releases and scales them."""
