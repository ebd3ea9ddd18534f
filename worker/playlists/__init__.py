"""Playlists as others write them, and what their entries mean: text in, nouns out, and back; nothing is opened here.

Why a room of its own: an import reads playlists from disks and the HTTP face takes and gives them in requests. What a
format says, and which track an entry means, is decided here for both.
"""
