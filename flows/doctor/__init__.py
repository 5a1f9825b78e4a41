"""What `shls doctor` looks at: a module for each part of the machine; every finding names its remedy."""
