"""What is asked, by value: claims, recipes, suites, trials. Nothing here loads torch or pydantic."""
