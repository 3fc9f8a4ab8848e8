"""Head office's own pages, a module for each; everything else of head office is in the admin."""
