"""Claims, recipes, suites, surveys and trials as frozen values. Nothing here loads torch or pydantic."""
