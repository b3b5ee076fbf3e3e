"""ImageBind (Girdhar et al., CVPR 2023): sound and film as vectors of one space."""
