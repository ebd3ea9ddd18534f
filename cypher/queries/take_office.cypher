// Take or keep an office that one process at a time holds; its lock is taken first, and only then is looked who has it.
//
// access:  write
// param:   office    string, its name
// param:   holder    string, who wants it
// param:   lease_ms  integer, how long the holder may be silent
// returns: holder string, since datetime, until datetime
MERGE (office:Lock {name: $office})
SET office.taken_at = datetime.realtime()
WITH office
SET office.since = CASE WHEN office.holder = $holder OR office.until > datetime.realtime() THEN office.since
                        ELSE datetime.realtime() END,
    office.holder = CASE WHEN office.holder <> $holder AND office.until > datetime.realtime() THEN office.holder
                         ELSE $holder END
SET office.until = CASE WHEN office.holder = $holder THEN datetime.realtime() + duration({milliseconds: $lease_ms})
                        ELSE office.until END
RETURN office.holder AS holder, office.since AS since, office.until AS until
