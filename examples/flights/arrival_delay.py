"""Minutes by which a flight will arrive late, told when it leaves: a random forest for each airline."""

from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error

FEATURES = ["dep_delay", "distance", "hour", "day"]

columns = [*FEATURES, "arr_delay"]
params = {"trees": 20, "leaf": 1}
min_rows = 100


def fit(df, params, seed):
    forest = RandomForestRegressor(params["trees"], min_samples_leaf=params["leaf"], random_state=seed)
    return forest.fit(df[FEATURES], df["arr_delay"])


def score(model, df):
    return {
        "mae": mean_absolute_error(df["arr_delay"], model.predict(df[FEATURES])),
        "mae_as_it_left": mean_absolute_error(df["arr_delay"], df["dep_delay"]),
    }


def predict(model, df):
    return model.predict(df[FEATURES])
