"""The closed vocabulary of conditions. A module here is a word; its class is the module's name in capitals."""
