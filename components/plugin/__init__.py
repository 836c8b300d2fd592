"""The component package: the architectures and the project as resources of Pulumi programs in any language."""
