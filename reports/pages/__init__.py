"""What people read, by audience: each folder holds its queries (plain rows of what the user may see), its sentences
and its views; templates/reports has the same folders. What all share lies here: access, scope, charts, sentences."""
