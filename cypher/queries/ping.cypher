// Ask the server a question.
//
// access:  read
// returns: answer integer
RETURN 1 AS answer
