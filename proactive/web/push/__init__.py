"""The push API: `POST /v1/events`. Beside the pages and not behind them: no cookies, forms or templates here."""
