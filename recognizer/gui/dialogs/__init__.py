"""The dialogs of the Library page: bringing samples in and out, dividing, naming and keeping them."""
