"""What training does to images: layers that redo what an operation does to a picture."""
