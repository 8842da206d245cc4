"""Drawing: what the pictures show, on sheets measured in inches; ``plots`` makes files of them."""
