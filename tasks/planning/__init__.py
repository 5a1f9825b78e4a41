"""What a run would do, and why: the plan that a build carries out and that `shls dataset plan` prints."""
