"""Files, tags and playlists become tracks and concepts.

a folder of files  --scan-->  regular files, read by content
one file           --audio--> one sound: mono, finite, bounded, with an identity of its own
a playlist         --playlists--> entries, matched to those files and never opened themselves
all of it          --importer--> the catalogue store, and a report of whatever was left out
"""
