"""`uvicorn main:app`"""
