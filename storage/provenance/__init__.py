"""What made something: the code, the packages, the machine."""
