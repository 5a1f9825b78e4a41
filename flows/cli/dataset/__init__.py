"""`shls dataset`: staging datasets, looking at them, keeping the store in order."""
