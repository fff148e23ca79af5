// Events as one JSON object a line.
