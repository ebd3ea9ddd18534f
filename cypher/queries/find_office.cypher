// Who holds an office.
//
// access:  read
// param:   office  string, its name
// returns: holder string, since datetime, until datetime, held boolean
MATCH (office:Lock {name: $office})
WHERE office.holder IS NOT NULL
RETURN office.holder AS holder, office.since AS since, office.until AS until,
       office.until > datetime.realtime() AS held
