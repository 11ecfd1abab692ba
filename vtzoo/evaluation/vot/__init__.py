"""The VOT challenge: regions and overlaps, the measures of its anchor protocol, workspaces, the TraX entry."""
