"""Sound to activations: the only home of torch.

    fingerprint   what an array of activations was computed with; mixing two is refused
    windows       which frames make a window; how many windows a track has
    front_end     samples -> 16 kHz -> log-mel
    checkpoint    TensorFlow checkpoints read without TensorFlow
    backbones     named networks behind one small protocol
    store         memory-mapped shards with a Parquet manifest
    shelves       where their files lie: a folder, or a place that fsspec reaches
    compute       tracks -> store

`fingerprint`, `windows` and `store` need no torch and may be imported anywhere.
"""
