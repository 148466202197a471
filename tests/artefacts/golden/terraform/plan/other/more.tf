variable "password" { default = "not-to-be-seen-5" }
