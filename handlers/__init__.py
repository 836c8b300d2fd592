"""The code that runs in Lambda: one package per architecture, named like its component."""
