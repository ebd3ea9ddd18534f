"""One module a resource. A view is a translation: read the question, ask the copy or the stores, answer."""
