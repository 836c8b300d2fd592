"""Architecture 6: hard bounces and complaints in the project's event stream become entries of the suppression list."""
