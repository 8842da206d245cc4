"""A model for other runtimes: an ONNX file or a SavedModel, proved against the network itself."""
