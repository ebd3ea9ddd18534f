"""From activations to concept vectors, how good each is, and the similarity of every two of them."""
