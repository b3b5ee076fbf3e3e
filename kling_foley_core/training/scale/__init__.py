"""What training a generator of any size takes: memory per GPU, arithmetic, GPU hours, disk; counted on the
real network without its data (fake tensors), before any GPU is rented."""
