"""What every architecture is made of: each module is one resource with the defaults that this project stands for."""
