"""Which photographs and videos there are, in a folder or in a bucket; workers get them from there."""
