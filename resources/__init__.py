"""Data only: icons, theme, recipes, the sample project, bundled models, help pages."""
