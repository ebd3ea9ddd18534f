// Tracks are looked up by the codes that the rest of the world knows them by.

CREATE INDEX track_isrc IF NOT EXISTS FOR (n:Track) ON (n.isrc);
CREATE INDEX track_mbid IF NOT EXISTS FOR (n:Track) ON (n.mbid);
