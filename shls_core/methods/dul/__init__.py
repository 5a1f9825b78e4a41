"""DUL: dense unsupervised learning of correspondence from unlabelled video (Araslanov et al., 2021)."""
