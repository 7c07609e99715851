"""What the formats share: how they are asked, and how bytes and hostile text become something to read."""
