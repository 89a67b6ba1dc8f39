"""What the course quantizes: images, networks, weights, training and honest evaluation."""
