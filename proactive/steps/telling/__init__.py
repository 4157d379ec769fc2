"""What `offer` is made of: who may be told now, on which channel, in which words, the handing over, what came of it."""
