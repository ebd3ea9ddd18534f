"""What people ask of the concepts: attribution of new music now; recommendation and placement stand beside it."""
