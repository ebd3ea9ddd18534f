"""The computation: from sound and playlists to activations, vectors, similarity and the hierarchy."""
