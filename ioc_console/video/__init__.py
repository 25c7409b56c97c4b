"""Video: cameras decoded into shared rings, in processes of their own."""
